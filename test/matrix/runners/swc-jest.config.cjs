const { jest } = require('./jest.cjs');
const swc = require('../swc.json');

module.exports = jest(['@swc/jest', swc]);
