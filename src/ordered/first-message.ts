import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';

/** Two ports; a function, so that the builtin module is loaded when one is needed. */
export function messageChannel(): MessageChannel {
  return new MessageChannel();
}

/** The first message on a port; it may be that the whole work was over before. */
export function firstMessage(port: MessagePort, ended: Promise<unknown>): Promise<void> {
  return new Promise((resolve, reject) => {
    port.once('message', () => {
      port.close();
      resolve();
    });
    port.unref();
    ended.then(
      () => resolve(),
      (error) => {
        // It may have come, and not been delivered yet.
        if (receiveMessageOnPort(port) === undefined) reject(error);
        else resolve();
        port.close();
      },
    );
  });
}
