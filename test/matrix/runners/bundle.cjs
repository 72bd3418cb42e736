// What webpack and rspack are told alike: to bundle the library, Nest and the caches, as for a serverless function.
const { createRequire } = require('node:module');
const { join } = require('node:path');
const { type } = require('../package.json');

const folder = join(__dirname, '..');
const app = createRequire(join(folder, 'package.json'));
const esm = type === 'module';

exports.bundle = (loader) => ({
  mode: 'production',
  target: 'node20',
  context: folder,
  entry: './src/main.ts',
  devtool: false,
  externals: [outside],
  // Managers, entities and tables are called after their classes.
  optimization: { minimize: false },
  performance: { hints: false },
  resolve: { extensions: ['.ts', '.js', '.mjs', '.json'], extensionAlias: { '.js': ['.ts', '.js'] } },
  module: { rules: [{ test: /\.ts$/, ...loader }] },
  // TypeORM and Nest require what they cannot know before they run.
  ignoreWarnings: [/Critical dependency/],
  ...(esm && { experiments: { outputModule: true } }),
  output: { path: join(folder, 'dist'), filename: 'main.js', ...(esm && { module: true, chunkFormat: 'module' }) },
});

/**
 * sql.js has a file beside it; file-type of Nest 11 is an ES module that not every bundler finds for a `require`; TypeORM 1 requires its
 * drivers by names that only it knows, and 0.3 twice, though webpack throws for a missing one only the first time.
 */
const apart = ['sql.js', 'file-type', 'typeorm'];

/** Also the drivers and transports that TypeORM and Nest ask for and that are not installed. */
function outside({ request }, done) {
  const isApart = apart.some((name) => request === name || request.startsWith(`${name}/`));
  const external = !/^\.|^node:/.test(request) && (isApart || !isInstalled(request));
  return external ? done(null, `${esm ? 'node-commonjs' : 'commonjs'} ${request}`) : done();
}

function isInstalled(request) {
  try {
    return Boolean(app.resolve(request));
  } catch (error) {
    return error.code !== 'MODULE_NOT_FOUND';
  }
}
