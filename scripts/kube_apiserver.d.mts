export const KUBERNETES: string;
export function apiServerPath(): string;
