/** Thrown for bytes that no encoder writes; callers know which chunk it is. */
export class DamagedCode extends Error {}
