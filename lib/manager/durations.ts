/** `count` seconds, in seconds: for `listTimeout`, `staleIfError` and all other times of a manager. @publicApi */
export const seconds = (count: number): number => count;

/** `count` minutes, in seconds. @example detailTimeout = minutes(5); // 300 @publicApi */
export const minutes = (count: number): number => count * 60;

/** `count` hours, in seconds. @publicApi */
export const hours = (count: number): number => count * 3_600;

/** `count` days, in seconds. @publicApi */
export const days = (count: number): number => count * 86_400;
