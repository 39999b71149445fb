// All features in the main thread. The process has to end by itself.
import { runFeatures } from './features.mjs';

console.log(JSON.stringify(await runFeatures()));
