// The drop-in for a whole program: `backbeat/register` is loaded before it.
setTimeout(() => {
  const isOurs = setTimeout[Symbol.for('backbeat.register')] === true;
  console.log(JSON.stringify({ register: isOurs ? 'ok' : 'the timers were not replaced' }));
}, 5);
