import fc from 'fast-check';

// New inputs on every run of a developer's; the same ones in CI, where a red run must be about the change it runs for.
if (process.env.CI) fc.configureGlobal({ seed: 20_261_122 });
