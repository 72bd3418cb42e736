// What jest is told, whoever compiles.
const { join } = require('node:path');
const { type } = require('../package.json');

const esm = type === 'module';

exports.esm = esm;

exports.jest = (transform) => ({
  rootDir: join(__dirname, '..'),
  testEnvironment: 'node',
  testMatch: ['<rootDir>/src/*.test.ts'],
  testTimeout: 30_000,
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '^.+\\.ts$': transform },
  ...(esm && { extensionsToTreatAsEsm: ['.ts'] }),
});
