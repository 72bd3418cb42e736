export const OURS = 'nestjs-qscache';
export const IDEAL = 'an ideal cache';
