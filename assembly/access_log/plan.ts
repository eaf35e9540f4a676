// AccessLogPlan: what the access logs of one listener need to know of a stream. Part of its Listener object.

@unmanaged
export class AccessLogPlan {
  id: u32; // the plan's number, by which the host finds the loggers
  need: u32; // 1 << LOG_TEXT_*
  requestCount: u32; // headers to capture, pseudo-headers included
  request: u32; // address of LogHeader[requestCount]
  responseCount: u32;
  response: u32;
  trailerCount: u32; // response trailers: written as absent, for they are not kept
  pad: u32;
}

@unmanaged
export class LogHeader {
  name: u32; // lower-case; pseudo-headers with their colon
  length: u32;
  id: u32; // header_names.ts, or LOG_PSEUDO_*
  joined: u32; // 1: several headers of this name are one value, joined by commas; 0: the first counts
}

export const LOG_PSEUDO_METHOD: u32 = 256;
export const LOG_PSEUDO_PATH: u32 = 257;
export const LOG_PSEUDO_AUTHORITY: u32 = 258;
export const LOG_PSEUDO_SCHEME: u32 = 259;
