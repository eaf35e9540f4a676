/** Where the program that judges Pods is, or is to be. */
export function kubernetesPodPath(): string;
