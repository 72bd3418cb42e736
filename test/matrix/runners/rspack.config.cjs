const { bundle } = require('./bundle.cjs');
const { jsc } = require('../swc.json');

module.exports = bundle({ loader: 'builtin:swc-loader', options: { jsc } });
