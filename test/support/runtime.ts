// Runtime layers for tests.
import type { google } from '../../proto/generated/api.js';
import { structLayer, type Layer } from '../../host/runtime/layer.js';
import { Snapshot } from '../../host/runtime/snapshot.js';
import { message } from './discovery.js';

export function struct(json: Record<string, unknown>): google.protobuf.Struct {
  return message('google.protobuf.Struct', json) as unknown as google.protobuf.Struct;
}

export function snapshot(...layers: Record<string, unknown>[]): Snapshot {
  return new Snapshot(layers.map((json, i) => structLayer(`layer${i}`, struct(json)) as Layer));
}
