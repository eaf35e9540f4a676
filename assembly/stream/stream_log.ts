import { Slot } from './slot';
import { Stream } from './stream';
export function logStream(st: Stream, d: Slot): void {}
