// Who builds and runs an application: what that needs beside TypeScript, and its commands. All check the types first.
import { versioned } from './combinations.mjs';

/** Jest and vitest run the sources; the others write a program to dist/, which Node runs. */
const program = ['dist/main.js'];

const jest = (version, config, modules) => ({
  packages: { jest: version },
  run: [
    ...(modules === 'module' ? ['--experimental-vm-modules'] : []),
    'node_modules/jest/bin/jest.js',
    '--runInBand',
    '--config',
    `runners/${config}.config.cjs`,
  ],
});

const runners = {
  tsc: () => ({ packages: {}, emits: true, run: program }),
  swc: () => ({
    packages: { '@swc/cli': 'latest', '@swc/core': 'latest' },
    build: ['swc', 'src', '--out-dir', 'dist', '--strip-leading-paths', '--config-file', 'swc.json'],
    run: program,
  }),
  webpack: () => ({
    packages: { webpack: '5', 'webpack-cli': 'latest', 'ts-loader': 'latest' },
    build: ['webpack', '--config', 'runners/webpack.config.cjs'],
    run: program,
  }),
  rspack: () => ({
    packages: { '@rspack/core': 'latest', '@rspack/cli': 'latest' },
    build: ['rspack', 'build', '--config', 'runners/rspack.config.cjs'],
    run: program,
  }),
  'ts-jest': (version, modules) => {
    const { packages, run } = jest(version, 'ts-jest', modules);
    return { packages: { ...packages, 'ts-jest': '29' }, run };
  },
  'swc-jest': (version, modules) => {
    const { packages, run } = jest(version, 'swc-jest', modules);
    return { packages: { ...packages, '@swc/jest': 'latest', '@swc/core': 'latest' }, run };
  },
  vitest: (version) => ({
    packages: { vitest: version },
    run: ['node_modules/vitest/vitest.mjs', 'run', '--config', 'runners/vitest.config.mjs'],
  }),
};

/** `packages` to install; whether the check of types `emits` the program, or what builds it; what Node is to `run`. */
export function runnerOf({ runner, modules }) {
  const [name, version] = versioned(runner);
  return runners[name](version, modules);
}
