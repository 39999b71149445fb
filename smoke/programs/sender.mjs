// The sending end of a channel, on a thread that the program starts.
import { workerData } from 'node:worker_threads';
import { openSender } from 'backbeat';

const sender = openSender(workerData);
for (let item = 0; item < 100; item += 1) sender.sendSync(item);
sender.close();
