import { jsonAnswer, type AdminHandler } from './handler.js';

/** envoy.admin.v3.ServerInfo */
export const serverInfo: AdminHandler = {
  path: '/server_info',
  help: 'print server version/status information',
  handle(context) {
    const uptime = `${Math.floor(process.uptime())}s`;
    return jsonAnswer({
      version: context.version,
      state: context.state(),
      uptime_current_epoch: uptime,
      uptime_all_epochs: uptime,
      hot_restart_version: 'disabled',
      command_line_options: context.commandLineOptions,
      node: context.node,
    });
  },
};

/** envoy.admin.v3.Memory */
export const memory: AdminHandler = {
  path: '/memory',
  help: 'print current allocation/heap usage',
  handle() {
    const { heapUsed, heapTotal, external, rss } = process.memoryUsage();
    return jsonAnswer({
      allocated: String(heapUsed + external),
      heap_size: String(heapTotal + external),
      pageheap_unmapped: '0',
      pageheap_free: String(heapTotal - heapUsed),
      total_thread_cache: '0',
      total_physical_bytes: String(rss),
    });
  },
};

/** envoy.admin.v3.Certificates: there is no TLS yet. */
export const certs: AdminHandler = {
  path: '/certs',
  help: 'print certs on machine',
  handle: () => jsonAnswer({ certificates: [] }),
};
