import { Deserializer, Serializer } from 'node:v8';
import { corrupt } from './corrupt-value.ts';
import { PORT_ONLY } from './tree-writer.ts';
import { VIEW_KINDS, type ViewConstructor } from './value-format.ts';

const NODE_BUFFER = VIEW_KINDS.length;

/** Bytes of a value that the tree writer leaves to node:v8. Throws PORT_ONLY or a DataCloneError. */
export function writeForeign(value: unknown): Buffer {
  const serializer = new ForeignSerializer();
  serializer.writeHeader();
  serializer.writeValue(value);
  return serializer.releaseBuffer();
}

/** The value of such bytes; nothing in it points into them. */
export function readForeign(bytes: Buffer): unknown {
  try {
    const deserializer = new ForeignDeserializer(bytes);
    deserializer.readHeader();
    return deserializer.readValue();
  } catch (error) {
    throw corrupt(error instanceof Error ? error.message : String(error));
  }
}

/** Documented, but missing in the types. */
interface ViewsByHand {
  _setTreatArrayBufferViewsAsHostObjects(byHand: boolean): void;
}

/**
 * Writes views as structured clone does: with the whole of their buffer, which several may share. A
 * Buffer is written by its own bytes, because it is usually a small part of a pool.
 */
class ForeignSerializer extends Serializer {
  constructor() {
    super();
    (this as unknown as ViewsByHand)._setTreatArrayBufferViewsAsHostObjects(true);
  }

  _writeHostObject(object: object): void {
    if (!ArrayBuffer.isView(object)) throw PORT_ONLY;
    if (Buffer.isBuffer(object)) {
      this.writeUint32(NODE_BUFFER);
      this.writeUint32(object.byteLength);
      this.writeRawBytes(object);
      return;
    }
    const name = Object.prototype.toString.call(object).slice(8, -1);
    this.writeUint32(VIEW_KINDS.findIndex((View) => View.name === name));
    this.writeUint32(object.byteOffset);
    this.writeUint32(object.byteLength);
    this.writeValue(object.buffer);
  }

  _getSharedArrayBufferId(): number {
    throw PORT_ONLY;
  }

  _getDataCloneError: ErrorConstructor = Error;
}

class ForeignDeserializer extends Deserializer {
  _readHostObject(): unknown {
    const kind = this.readUint32();
    if (kind === NODE_BUFFER) return Buffer.from(this.readRawBytes(this.readUint32()));
    const View: ViewConstructor | undefined = VIEW_KINDS[kind];
    if (View === undefined) throw new RangeError('a view of unknown kind');
    const byteOffset = this.readUint32();
    const byteLength = this.readUint32();
    const buffer = this.readValue();
    if (!(buffer instanceof ArrayBuffer)) throw new RangeError('a view of no buffer');
    const unit = (View as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1;
    return new View(buffer, byteOffset, byteLength / unit);
  }
}
