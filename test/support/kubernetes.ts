// A real kube-apiserver with its etcd, for one test file: no kubelet, no controllers, only the API. Its binary is the one that
// `node scripts/kube_apiserver.mjs` builds.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, connectKubernetes, type KubernetesApi } from '../../host/injector/kubernetes/api.js';
import { apiServerPath } from '../../scripts/kube_apiserver.mjs';
import { freePorts } from './ports.js';

/** Why there is no API server here, or undefined. */
export function missingKubernetes(): string | undefined {
  if (!existsSync(apiServerPath())) return 'no kube-apiserver: `node scripts/kube_apiserver.mjs` builds one';
  if (spawnSync('etcd', ['--version']).status !== 0) return 'no etcd on PATH';
  return undefined;
}

export type Json = Record<string, unknown>;

const TOKENS = { admin: 'admin-token', injector: 'injector-token' };

export class TestCluster {
  private etcd: ChildProcess | undefined;
  private server: ChildProcess | undefined;

  private constructor(
    readonly folder: string,
    private readonly ports: { etcd: number; peer: number; api: number },
    /** As system:masters. */
    readonly api: KubernetesApi,
  ) {}

  static async start(): Promise<TestCluster> {
    const folder = mkdtempSync(join(tmpdir(), 'weft-kube-'));
    const [etcd, peer, api] = await freePorts(3);
    writeCredentials(folder, api);
    const cluster = new TestCluster(
      folder,
      { etcd, peer, api },
      await connectKubernetes(join(folder, 'admin.kubeconfig')),
    );
    cluster.startEtcd();
    await cluster.startServer();
    return cluster;
  }

  /** Of the service account that deploy/ gives the injector, as the API server knows it. */
  get injectorKubeconfig(): string {
    return join(this.folder, 'injector.kubeconfig');
  }

  get adminKubeconfig(): string {
    return join(this.folder, 'admin.kubeconfig');
  }

  async startServer(): Promise<void> {
    const { folder, ports } = this;
    this.server = spawn(
      apiServerPath(),
      [
        `--etcd-servers=http://127.0.0.1:${ports.etcd}`,
        `--secure-port=${ports.api}`,
        '--bind-address=127.0.0.1',
        `--cert-dir=${folder}`,
        `--token-auth-file=${folder}/tokens.csv`,
        '--authorization-mode=RBAC',
        `--service-account-key-file=${folder}/sa.key`,
        `--service-account-signing-key-file=${folder}/sa.key`,
        '--service-account-issuer=https://kubernetes.default.svc',
        '--service-cluster-ip-range=10.96.0.0/16',
        `--audit-policy-file=${folder}/audit.yaml`,
        `--audit-log-path=${folder}/audit.log`,
        '--audit-log-mode=blocking-strict',
      ],
      { stdio: ['ignore', 'ignore', openSync(join(folder, 'apiserver.log'), 'a')] },
    );
    await this.ready();
  }

  async stopServer(): Promise<void> {
    await stop(this.server);
    this.server = undefined;
  }

  async close(): Promise<void> {
    await this.stopServer();
    await stop(this.etcd);
    if (process.env['WEFT_KEEP'] !== '1') rmSync(this.folder, { recursive: true, force: true });
  }

  /** As somebody at a keyboard: with the status and the warnings. */
  request(method: string, path: string, body?: unknown): Promise<{ status: number; warnings: string[]; object: Json }> {
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${TOKENS.admin}`, 'content-type': 'application/json' };
      const options = { host: '127.0.0.1', port: this.ports.api, path, method, headers, rejectUnauthorized: false };
      const call = httpsRequest(options, (response) => {
        let text = '';
        response.on('data', (data) => (text += data));
        response.on('end', () => {
          const warnings = [response.headers.warning ?? []].flat();
          resolve({ status: response.statusCode ?? 0, warnings, object: JSON.parse(text) as Json });
        });
      });
      call.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** Server-side apply with strict validation: a field that the API does not know is an error. */
  apply(object: Json, query = ''): Promise<Json> {
    const path = `${pathOf(object)}?fieldManager=test&fieldValidation=Strict&force=true${query}`;
    return this.api.call({ method: 'PATCH', path, body: object, contentType: 'application/apply-patch+yaml' });
  }

  /** A namespace with its default service account, which a controller would make. */
  async createNamespace(name: string, labels: Record<string, string> = {}): Promise<void> {
    await this.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
    await this.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: name } });
  }

  auditEvents(): Record<string, unknown>[] {
    const lines = readFileSync(join(this.folder, 'audit.log'), 'utf8').split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  private startEtcd(): void {
    const { folder, ports } = this;
    const client = `http://127.0.0.1:${ports.etcd}`;
    const peer = `http://127.0.0.1:${ports.peer}`;
    this.etcd = spawn(
      'etcd',
      [
        `--data-dir=${folder}/etcd`,
        `--listen-client-urls=${client}`,
        `--advertise-client-urls=${client}`,
        `--listen-peer-urls=${peer}`,
        `--initial-advertise-peer-urls=${peer}`,
        `--initial-cluster=default=${peer}`,
      ],
      { stdio: ['ignore', 'ignore', openSync(join(folder, 'etcd.log'), 'a')] },
    );
  }

  private async ready(): Promise<void> {
    for (let i = 0; i < 240; i++) {
      if (this.server?.exitCode !== null)
        throw new Error(
          `kube-apiserver ended: ${readFileSync(join(this.folder, 'apiserver.log'), 'utf8').slice(-2000)}`,
        );
      try {
        await this.api.call({ method: 'GET', path: '/api/v1/namespaces/default' });
        return;
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
      }
      await sleep(250);
    }
    throw new Error('kube-apiserver did not become ready');
  }
}

const CLUSTER_SCOPED = /^(Namespace|ClusterRole|ClusterRoleBinding|MutatingWebhookConfiguration)$/;
const PLURALS: Record<string, string> = { NetworkPolicy: 'networkpolicies' };

function pathOf({ apiVersion, kind, metadata }: Json): string {
  const root = String(apiVersion).includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const { namespace, name } = metadata as { namespace?: string; name: string };
  const plural = PLURALS[String(kind)] ?? `${String(kind).toLowerCase()}s`;
  return `${root}/${CLUSTER_SCOPED.test(String(kind)) ? '' : `namespaces/${namespace}/`}${plural}/${name}`;
}

function writeCredentials(folder: string, port: number): void {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(join(folder, 'sa.key'), privateKey.export({ type: 'pkcs1', format: 'pem' }));
  const injector = 'system:serviceaccount:istio-system:sidecar-injector';
  writeFileSync(
    join(folder, 'tokens.csv'),
    `${TOKENS.admin},admin,admin,system:masters\n${TOKENS.injector},${injector},injector,"system:serviceaccounts,system:authenticated"\n`,
  );
  writeFileSync(
    join(folder, 'audit.yaml'),
    'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: Metadata\n  resources:\n  - group: ""\n    resources: [pods]\n- level: None\n',
  );
  for (const [name, token] of Object.entries(TOKENS)) {
    const cluster = { server: `https://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true };
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'test', cluster }],
      users: [{ name, user: { token } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: name } }],
      'current-context': 'test',
    };
    writeFileSync(join(folder, `${name}.kubeconfig`), JSON.stringify(config));
  }
}

async function stop(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const kill = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await ended;
  clearTimeout(kill);
}
