const { bundle } = require('./bundle.cjs');

module.exports = bundle({ loader: 'ts-loader', options: { transpileOnly: true } });
