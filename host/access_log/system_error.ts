// The C library's sentences for the errors that a connect, send or receive can meet (Linux numbers). Node's own messages differ from
// them, and Envoy prints these.
const ERRORS: ReadonlyMap<number, string> = new Map([
  [1, 'Operation not permitted'],
  [2, 'No such file or directory'],
  [13, 'Permission denied'],
  [22, 'Invalid argument'],
  [24, 'Too many open files'],
  [32, 'Broken pipe'],
  [97, 'Address family not supported by protocol'],
  [98, 'Address already in use'],
  [99, 'Cannot assign requested address'],
  [100, 'Network is down'],
  [101, 'Network is unreachable'],
  [103, 'Software caused connection abort'],
  [104, 'Connection reset by peer'],
  [105, 'No buffer space available'],
  [110, 'Connection timed out'],
  [111, 'Connection refused'],
  [112, 'Host is down'],
  [113, 'No route to host'],
]);

export function errorText(errno: number): string {
  return ERRORS.get(errno) ?? `Unknown error ${errno}`;
}
