// CommonJS: the package by require(), the features by import(); both see the same classes.
const { BackgroundWorkerPool } = require('backbeat');
const { after } = require('backbeat/scheduler');

const outcomes = {
  require: typeof after === 'function' ? 'ok' : 'no function',
};
import('backbeat')
  .then((imported) => {
    const isSame = imported.BackgroundWorkerPool === BackgroundWorkerPool;
    outcomes['one copy'] = isSame ? 'ok' : 'import() has other classes than require()';
    return import('./features.mjs');
  })
  .then(({ runFeatures }) => runFeatures())
  .then((features) => console.log(JSON.stringify({ ...outcomes, ...features })));
