// The drop-in for a whole program: started with `--import backbeat/register`.
setTimeout(() => {
  const isOurs = clearTimeout.toString().includes('[native code]') === false;
  console.log(JSON.stringify({ register: isOurs ? 'ok' : 'the timers were not replaced' }));
}, 5);
