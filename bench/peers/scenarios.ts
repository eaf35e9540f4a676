// What is measured, in what order.
import { BODIES, type Body } from './upstream.js';

export interface Scenario {
  body: Body;
  connections: number;
  routes: number;
}

export interface Plan {
  rounds: number;
  seconds: number;
  warmUpSeconds: number;
  scenarios: Scenario[];
}

const CONNECTIONS = [1, 32, 512];
const ROUTES = 10_000;

export const FULL: Plan = {
  rounds: 3,
  seconds: 3,
  warmUpSeconds: 3,
  scenarios: [
    ...BODIES.flatMap((body) => CONNECTIONS.map((connections) => ({ body, connections, routes: 1 }))),
    { body: BODIES[0], connections: 32, routes: ROUTES },
  ],
};

/** For CI: every kind of answer once, no figure worth keeping. */
export const QUICK: Plan = {
  rounds: 1,
  seconds: 1,
  warmUpSeconds: 1,
  scenarios: [
    ...BODIES.map((body) => ({ body, connections: 32, routes: 1 })),
    { body: BODIES[0], connections: 512, routes: 1 },
    { body: BODIES[0], connections: 32, routes: ROUTES },
  ],
};

export function title({ body, connections, routes }: Scenario): string {
  const route = routes === 1 ? 'one route' : `${routes.toLocaleString('en')} routes, the last one matches`;
  return `${body.name}, ${connections} connection${connections === 1 ? '' : 's'}, ${route}`;
}
