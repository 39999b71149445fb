/** A thread of workerpool. */
import workerpool from 'workerpool';
import { double, packFile, spin, uneven } from './work.mjs';

workerpool.worker({ double, packFile, spin, uneven });
