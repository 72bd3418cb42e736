// What a combination tells the compilers: its tsconfig.json, and the swc.json of those who run swc.

/** As Nest's own starter of that age has it: class fields are defined, or assigned, by the target. */
const targets = { 10: 'ES2021', 11: 'ES2023', 12: 'ES2023' };

const kinds = {
  node10: () => ({ module: 'commonjs', moduleResolution: 'node10' }),
  node16: () => ({ module: 'node16', moduleResolution: 'node16' }),
  nodenext: () => ({ module: 'nodenext', moduleResolution: 'nodenext' }),
  bundler: () => ({ module: 'esnext', moduleResolution: 'bundler' }),
};

export function compilerSettings({ nest, resolution }) {
  return {
    compilerOptions: {
      ...kinds[resolution](),
      target: targets[nest],
      lib: ['ES2023'],
      types: ['node'],
      rootDir: 'src',
      outDir: 'dist',
      strict: true,
      strictPropertyInitialization: false,
      esModuleInterop: true,
      isolatedModules: true,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
      skipLibCheck: true,
    },
    include: ['src'],
  };
}

export function swcSettings({ modules }) {
  return {
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
    },
    module: { type: modules === 'module' ? 'es6' : 'commonjs' },
  };
}
