// The exports of core.wasm: the whole boundary, in one list. What a test or the host may call stands here.
export { tableAlloc, tableFree, tableBytes } from './memory/table_heap';
export {
  objectNew,
  objectAlloc,
  objectFree,
  objectRetire,
  publish,
  reclaim,
  retiredCount,
  epochNext,
  epochPassed,
} from './memory/object';
export { workerAttach, online, offline, pin, unpin, scratchReset, random64 } from './memory/worker_block';
export { headerFind, headerFindName, headerAdd, headerSet, headerRemove, headerRemoveName } from './http1/head';
export * from './route/build';
export * from './route/build_index';
export * from './route/build_route';
export { policiesNew, policiesSet, routeSetPolicies } from './route/policy';
export * from './regex/build';
export { clusterNamesNew, clusterNamesAdd, clusterNamesPublish, clusterIndexOf } from './route/cluster_names';
export {
  runtimeBoolean,
  runtimeFractionDraw,
  runtimeNumber,
  runtimeTableNew,
  runtimeTablePublish,
  runtimeTableSet,
} from './runtime/table';
export { routeMatchFor } from './route/match';
export { routeClusterFor } from './route/cluster';
export { routeRequestHeaders, routeResponseHeaders, routeRewrite } from './route/transform';
export { routeRedirectLocation } from './route/redirect';
export { headerMatches } from './route/conditions';
export {
  clusterNew,
  clusterPublish,
  clusterSetConnection,
  clusterSetLimits,
  clusterSetName,
  clusterSetOriginalDst,
  clusterSetPolicy,
  clusterSetProxyProtocol,
  clusterSetTrailers,
  clusterSetTimeouts,
  clusterStateReset,
  endpointAt,
  endpointSet,
  endpointSetNames,
  endpointStateReset,
  hostSetHost,
  hostSetNew,
  hostSetScheduled,
  hostSetWeighted,
} from './upstream/cluster_build';
export {
  clusterSum,
  connectionsOpen,
  endpointSum,
  pendingOpen,
  requestsOpen,
  retriesOpen,
} from './upstream/circuit_breaker';
export {
  clusterSocketNew,
  socketSetKeepalive,
  socketSetOption,
  socketSetSource,
  upstreamSocket,
  upstreamSource,
} from './upstream/upstream_socket';
export { upstreamOriginalSource } from './upstream/original_source';
export { pickEndpoint } from './load_balancer/pick';
export { pickOriginalDst } from './load_balancer/original_dst';
export { statInc, statAdd32, statDec } from './stats/counters';
export { histogramRecord } from './stats/histogram';
export { statClass, statCode } from './stats/response_codes';
export { headerNameId, headerNameAddress, headerNameLength } from './http1/header_names';
export { parseRequest } from './http1/request_parser';
export { factsInit } from './http/conn_facts';
export { mutateRequest } from './http/mutate_request';
export { mutateUpstreamRequest } from './http/mutate_upstream_request';
export { mutateResponse, setServiceTime } from './http/mutate_response';
export { replyStatus, replyFlag, replyDetails } from './http/reply_table';
export { parseResponse } from './http1/response_parser';
export { writeRequestHead, writeResponseHead } from './http1/head_writer';
export { chunkDecode, chunkDataStart, chunkDataEnd, chunkConsumed, chunkHeadBefore } from './http1/chunked';
export { parseTrailers, writeTrailers } from './http1/trailers';
export {
  filterSetText,
  hcmNew,
  hcmSetAccessLog,
  hcmSetBasics,
  hcmSetConnectionTimeouts,
  hcmSetDefaultHost,
  hcmSetFilter,
  hcmSetFilters,
  hcmSetForwarding,
  hcmSetInternalRange,
  hcmSetInternalRanges,
  hcmSetLimits,
  hcmSetServer,
  hcmSetStreamTimeouts,
  hcmSetStrictness,
  hcmSetUpgrades,
  hcmSetUserAgent,
  hcmSetVia,
  logPlanNew,
  logPlanSetHeader,
  upgradesNew,
  upgradesSet,
} from './http/build';
export { onAccept, onOriginalDst } from './listener/accept';
export { listenerAddressesAdd, listenerAddressesNew, listenerAddressesPublish } from './listener/addresses';
export { predicateNew, predicateSetRule } from './listener/predicate';
export * from './listener/build_match';
export {
  chainRetire,
  filterChainNew,
  listenerNew,
  listenerPublish,
  listenerSetAccessLog,
  listenerSetChains,
  listenerSetFilter,
  listenerSetFilters,
  listenerRetire,
  listenerSetChainList,
  tcpProxyNew,
  tcpProxySetCluster,
  tcpProxySetWeight,
  tcpProxySetWeights,
} from './listener/build';
export { isGrpc } from './http/grpc';
export { localReplyBegin, writeLocalReply, writeReply } from './http/local_reply';
export { captureRequest, captureResponse } from './access_log/capture';
export { onClusterLeft } from './stream/endpoint_owner';
export * from './stream/entry';
export { onSpliced, onSpliceEnd, spliceLeft } from './stream/splice';
export * from './stream/filter_handle';
export { onFilterDone } from './stream/filter_chain';
export { nextTimeout } from './stream/deadline';
export { closeIdle, closeRetired, drainConnection, drainListener, retire } from './stream/drain';
export { followListener } from './listener/follow';
export { bufferBytes } from './memory/buffer';
export { putAddress } from './http/conn_facts';
export { parseAddress } from './http/ip_address';
export { putUuid } from './http/request_id';
