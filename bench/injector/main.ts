// `npm run bench:injector`: AdmissionReviews per second through the real process over TLS, and how long each takes at a fixed rate.
// The budget (issue 4): 2,000 reviews a second on one core, p99 under 20 ms. Every answer is checked.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAuthority, issueServingCertificate } from '../../host/injector/certificates/authority.js';
import { InjectorProcess } from '../../test/support/injector_process.js';
import { cpuSeconds, residentBytes } from '../../test/support/proc.js';
import { reviewOfPod } from '../../test/support/webhook.js';

const SECONDS = Number(process.env['WEFT_BENCH_SECONDS'] ?? 5);
const CONNECTIONS = 16;
const RATES = [500, 1000, 2000];

function container(name: string, port: number): object {
  return {
    name,
    image: `registry.example.com/shop/${name}:1.27.3`,
    ports: [{ name: 'http', containerPort: port, protocol: 'TCP' }],
    env: Array.from({ length: 12 }, (_, i) => ({ name: `SETTING_${i}`, value: `value of setting ${i}` })),
    resources: { requests: { cpu: '250m', memory: '256Mi' }, limits: { memory: '512Mi' } },
    livenessProbe: { httpGet: { path: '/live', port: 'http' }, periodSeconds: 10 },
    readinessProbe: { httpGet: { path: '/ready', port: 'http' }, periodSeconds: 5 },
    volumeMounts: [{ name: 'config', mountPath: '/etc/config' }],
  };
}

/** What a Deployment of some size sends: three containers with environment, probes, volumes, and managedFields. */
function typicalPod(): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: 'cart-7d9c6c7f9b-',
      labels: { app: 'cart', 'pod-template-hash': '7d9c6c7f9b', version: 'v2' },
      annotations: { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '8080' },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'cart-7d9c6c7f9b', uid: 'u-1', controller: true },
      ],
      managedFields: [
        {
          manager: 'kube-controller-manager',
          operation: 'Update',
          fieldsV1: Object.fromEntries(Array.from({ length: 120 }, (_, i) => [`f:field-${i}`, { '.': {}, 'f:x': {} }])),
        },
      ],
    },
    spec: {
      containers: [container('cart', 8080), container('cache', 8081), container('log', 8082)],
      volumes: [{ name: 'config', configMap: { name: 'cart' } }],
      serviceAccountName: 'cart',
    },
  };
}

interface Target {
  readonly port: number;
  readonly ca: string;
  readonly agent: Agent;
  readonly body: Buffer;
}

/** Milliseconds until the whole answer; throws if it is not an injection. */
function ask({ port, ca, agent, body }: Target): Promise<number> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': body.length };
    const options = {
      host: '127.0.0.1',
      port,
      servername: 'localhost',
      ca,
      agent,
      path: '/inject',
      method: 'POST',
      headers,
    };
    const call = request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const took = performance.now() - started;
        const text = Buffer.concat(chunks).toString();
        if (response.statusCode === 200 && text.includes('"patchType":"JSONPatch"')) resolve(took);
        else reject(new Error(`not injected: ${response.statusCode} ${text.slice(0, 500)}`));
      });
    });
    call.on('error', reject).end(body);
  });
}

async function closedLoop(target: Target, seconds: number): Promise<number[]> {
  const end = performance.now() + seconds * 1000;
  const times: number[] = [];
  const client = async (): Promise<void> => {
    while (performance.now() < end) times.push(await ask(target));
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, client));
  return times;
}

/** Each review begins when its time has come, whether those before it are answered or not; the wait for a connection counts. */
async function openLoop(target: Target, rate: number, seconds: number): Promise<number[]> {
  const started = performance.now();
  const pending: Promise<number>[] = [];
  while (performance.now() - started < seconds * 1000) {
    const due = Math.floor(((performance.now() - started) / 1000) * rate);
    while (pending.length < due) pending.push(ask(target));
    await sleep(1);
  }
  return Promise.all(pending);
}

function quantile(times: readonly number[], q: number): string {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))].toFixed(2);
}

const folder = mkdtempSync(join(tmpdir(), 'weft-bench-injector-'));
const authority = await createAuthority(new Date(), 86_400_000);
const { certificate, key } = await issueServingCertificate(authority, ['localhost'], new Date(), 86_400_000);
writeFileSync(join(folder, 'tls.crt'), certificate);
writeFileSync(join(folder, 'tls.key'), key);
const injector = await InjectorProcess.start([
  `--tls-cert-file=${folder}/tls.crt`,
  `--tls-key-file=${folder}/tls.key`,
  '--no-events',
]);
try {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const body = Buffer.from(reviewOfPod(typicalPod()));
  const target = { port: injector.port, ca: authority.certificate, agent, body };
  await closedLoop(target, 3); // warm
  const report = async (name: string, run: () => Promise<number[]>): Promise<void> => {
    const before = cpuSeconds([injector.pid]);
    const started = performance.now();
    const times = await run();
    const seconds = (performance.now() - started) / 1000;
    const after = cpuSeconds([injector.pid]);
    const cpu = after.user + after.kernel - before.user - before.kernel;
    const megabytes = Math.round(residentBytes([injector.pid]) / 2 ** 20);
    const cells = [
      name,
      Math.round(times.length / seconds).toLocaleString('en'),
      Math.round(times.length / cpu).toLocaleString('en'),
      quantile(times, 0.5),
      quantile(times, 0.99),
      String(megabytes),
    ];
    console.log(`| ${cells.join(' | ')} |`);
  };
  console.log(
    `${cpus().length} cores (${cpus()[0].model}), Node ${process.versions.node}; a review of ${body.length} bytes,`,
  );
  console.log(`${CONNECTIONS} connections, ${SECONDS} s each; the injector is one process, and the load another.\n`);
  console.log('| load | reviews/s | reviews per CPU-s | p50 ms | p99 ms | RSS MB |');
  console.log('| --- | ---: | ---: | ---: | ---: | ---: |');
  for (const rate of RATES) await report(`${rate} a second`, () => openLoop(target, rate, SECONDS));
  await report('as many as it takes', () => closedLoop(target, SECONDS));
} finally {
  await injector.stop();
  rmSync(folder, { recursive: true });
}
