// Run by k6, not by Node: a mix of small pages, uploads and large answers, with thresholds on errors and p99.
import { check } from 'k6';
import http from 'k6/http';

const base = __ENV.TARGET;
const quick = __ENV.QUICK === '1';
const UPLOAD = 'u'.repeat(10 * 1024);

export const options = {
  scenarios: {
    pages: { executor: 'constant-vus', exec: 'page', vus: 16, duration: quick ? '3s' : '30s' },
    uploads: { executor: 'constant-vus', exec: 'upload', vus: 4, duration: quick ? '3s' : '30s' },
    downloads: { executor: 'constant-vus', exec: 'download', vus: 2, duration: quick ? '3s' : '30s' },
  },
  thresholds: {
    checks: ['rate==1'],
    http_req_failed: ['rate==0'],
    'http_req_duration{scenario:pages}': ['p(99)<100'],
    'http_req_duration{scenario:uploads}': ['p(99)<200'],
  },
  summaryTrendStats: ['med', 'p(95)', 'p(99)', 'max'],
};

export function page() {
  const answer = http.get(`${base}/64`);
  check(answer, { 'a page of 64 bytes': ({ status, body }) => status === 200 && body.length === 64 });
}

export function upload() {
  const answer = http.post(`${base}/64`, UPLOAD);
  check(answer, { 'an upload is answered': ({ status, body }) => status === 200 && body.length === 64 });
}

export function download() {
  const answer = http.get(`${base}/1m`, { responseType: 'binary' });
  check(answer, { 'a MiB arrives': ({ status, body }) => status === 200 && body.byteLength === 1024 * 1024 });
}
