// What the connection manager does to a response head before it is written: Envoy's HttpConnectionManager encodeHeaders and
// ConnectionManagerUtility::mutateResponseHeaders.
import { Head, headerFind, headerRemove, HEAD_UPGRADE } from '../http1/head';
import {
  H_CONNECTION,
  H_DATE,
  H_KEEP_ALIVE,
  H_PROXY_CONNECTION,
  H_SERVER,
  H_TRANSFER_ENCODING,
  H_UPGRADE,
  H_VIA,
  H_X_ENVOY_UPSTREAM_SERVICE_TIME,
  H_X_REQUEST_ID,
} from '../http1/header_names';
import { putDecimal } from '../memory/literal';
import { scratch, W, WorkerState } from '../memory/worker_block';
import { captureRequestId, captureRequestIdLength } from '../access_log/capture';
import { addKnown, appendKnown, mergeKnown, setKnown } from './header';
import { HCM_SUPPRESS_ENVOY_HEADERS, HcmConfig } from './hcm_config';

const DATE_LENGTH: u32 = 29;
const SERVER_OVERWRITE: u8 = 0;
const SERVER_APPEND_IF_ABSENT: u8 = 1;

/**
 * `capture`: the request's capture buffer (access_log/capture.ts), 0 = none. The stream decides about closing (HEAD_CLOSE).
 */
export function mutateResponse(hcm: HcmConfig, head: usize, capture: usize): void {
  const h = changetype<Head>(head);
  if (!headerFind(head, H_DATE)) addKnown(head, H_DATE, W + offsetof<WorkerState>('date'), DATE_LENGTH);
  const transformation = hcm.serverHeaderTransformation;
  if (transformation != SERVER_OVERWRITE) mergeKnown(head, H_SERVER);
  if (transformation == SERVER_OVERWRITE) setKnown(head, H_SERVER, hcm.serverName, hcm.serverNameLength);
  else if (transformation == SERVER_APPEND_IF_ABSENT && !headerFind(head, H_SERVER)) {
    addKnown(head, H_SERVER, hcm.serverName, hcm.serverNameLength);
  }
  removeHopByHop(head, h);
  if (capture && captureRequestIdLength(capture)) {
    setKnown(head, H_X_REQUEST_ID, captureRequestId(capture), captureRequestIdLength(capture));
  }
  if (hcm.viaLength) appendKnown(head, H_VIA, hcm.via, hcm.viaLength, ', ');
}

/** `ms`: from the end of the request to the response head. Comes before the route's own operations on the head. */
export function setServiceTime(hcm: HcmConfig, head: usize, ms: u32): void {
  if (hcm.flags & HCM_SUPPRESS_ENVOY_HEADERS) return;
  const p = scratch(16);
  if (p) setKnown(head, H_X_ENVOY_UPSTREAM_SERVICE_TIME, p, <u32>(putDecimal(p, ms) - p));
}

function removeHopByHop(head: usize, h: Head): void {
  // An accepted upgrade keeps what names it; the writer gives `connection: upgrade` its place.
  if (!(h.status == 101 && h.flags & HEAD_UPGRADE)) {
    headerRemove(head, H_CONNECTION);
    headerRemove(head, H_UPGRADE);
  }
  headerRemove(head, H_TRANSFER_ENCODING);
  headerRemove(head, H_KEEP_ALIVE);
  headerRemove(head, H_PROXY_CONNECTION);
}
