const { esm, jest } = require('./jest.cjs');

module.exports = jest(['ts-jest', { useESM: esm }]);
