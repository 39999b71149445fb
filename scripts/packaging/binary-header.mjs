// Reads what a native library says about itself: for which system and processor it was made, which
// libraries and which versions of their symbols it asks for. By the formats as documented: System V
// ABI (ELF), the Mach-O headers of Darwin, Microsoft's PE format.

const ELF_MACHINES = { 62: 'x64', 183: 'arm64' };
const MACH_O_PROCESSORS = { 16777223: 'x64', 16777228: 'arm64' };
const PE_MACHINES = { 34404: 'x64', 43620: 'arm64' };
const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const DT_NEEDED = 1;
const DT_STRTAB = 5;
const DT_VERNEED = 0x6ffffffe;
const DT_VERNEEDNUM = 0x6fffffff;
const SHT_SYMTAB = 2;
const LC_VERSION_MIN_MACOSX = 0x24;
const LC_BUILD_VERSION = 0x32;

/**
 * @param {Buffer} bytes the whole file
 * @returns `platform` and `arch` as Node names them. For ELF also `needed` (libraries),
 * `symbolVersions` (such as `GLIBC_2.17`) and `isStripped`; for Mach-O `minimumSystem`.
 * @throws when it is none of the three formats, or cut off
 */
export function readBinaryHeader(bytes) {
  try {
    if (bytes.toString('latin1', 0, 4) === '\x7fELF') return readElf(bytes);
    if (bytes.length >= 4 && bytes.readUInt32LE(0) === 0xfeedfacf) return readMachO(bytes);
    if (bytes.toString('latin1', 0, 2) === 'MZ') return readPe(bytes);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new Error('the file is cut off: a header points behind its end', { cause });
  }
  throw new Error('neither ELF, 64-bit Mach-O nor PE');
}

function readElf(bytes) {
  if (bytes[4] !== 2 || bytes[5] !== 1) throw new Error('not a 64-bit little-endian ELF file');
  const segments = entries(bytes, bytes.readBigUInt64LE(32), bytes.readUInt16LE(54), 56);
  const sections = entries(bytes, bytes.readBigUInt64LE(40), bytes.readUInt16LE(58), 60);
  const loaded = segments.filter((at) => bytes.readUInt32LE(at) === PT_LOAD);
  const dynamicAt = segments.find((at) => bytes.readUInt32LE(at) === PT_DYNAMIC);
  const dynamic = dynamicAt === undefined ? [] : dynamicEntries(bytes, dynamicAt);
  const value = (wanted) => dynamic.find(([tag]) => tag === wanted)?.[1];
  const strings = fileOffset(bytes, loaded, value(DT_STRTAB) ?? 0);
  const stringAt = (offset) => {
    const start = strings + offset;
    return bytes.toString('latin1', start, bytes.indexOf(0, start));
  };
  return {
    platform: 'linux',
    arch: ELF_MACHINES[bytes.readUInt16LE(18)] ?? `ELF machine ${bytes.readUInt16LE(18)}`,
    needed: dynamic.filter(([tag]) => tag === DT_NEEDED).map(([, name]) => stringAt(name)),
    symbolVersions: versionsNeeded(
      bytes,
      fileOffset(bytes, loaded, value(DT_VERNEED) ?? 0),
      value(DT_VERNEEDNUM) ?? 0,
    ).map(stringAt),
    isStripped: sections.every((at) => bytes.readUInt32LE(at + 4) !== SHT_SYMTAB),
  };
}

/** Offsets of the headers in a table of them. */
function entries(bytes, tableAt, size, countAt) {
  const count = bytes.readUInt16LE(countAt);
  return Array.from({ length: count }, (_, index) => Number(tableAt) + index * size);
}

function dynamicEntries(bytes, segmentAt) {
  const start = Number(bytes.readBigUInt64LE(segmentAt + 8));
  const size = Number(bytes.readBigUInt64LE(segmentAt + 32));
  return Array.from({ length: size / 16 }, (_, index) => {
    const at = start + index * 16;
    return [Number(bytes.readBigInt64LE(at)), Number(bytes.readBigUInt64LE(at + 8))];
  });
}

/** Where in the file lies what is at this address in memory. */
function fileOffset(bytes, loaded, address) {
  for (const at of loaded) {
    const offset = Number(bytes.readBigUInt64LE(at + 8));
    const start = Number(bytes.readBigUInt64LE(at + 16));
    const size = Number(bytes.readBigUInt64LE(at + 32));
    if (address >= start && address < start + size) return offset + (address - start);
  }
  return address;
}

/** String offsets of the versions in the chains of `.gnu.version_r`. */
function versionsNeeded(bytes, start, count) {
  const names = [];
  let at = start;
  for (let library = 0; library < count; library += 1) {
    let version = at + bytes.readUInt32LE(at + 8);
    for (let left = bytes.readUInt16LE(at + 2); left > 0; left -= 1) {
      names.push(bytes.readUInt32LE(version + 8));
      version += bytes.readUInt32LE(version + 12);
    }
    at += bytes.readUInt32LE(at + 12);
  }
  return names;
}

function readMachO(bytes) {
  const processor = bytes.readUInt32LE(4);
  let minimumSystem;
  let at = 32;
  for (let left = bytes.readUInt32LE(16); left > 0; left -= 1) {
    const command = bytes.readUInt32LE(at);
    if (command === LC_BUILD_VERSION) minimumSystem = bytes.readUInt32LE(at + 12);
    if (command === LC_VERSION_MIN_MACOSX) minimumSystem = bytes.readUInt32LE(at + 8);
    at += bytes.readUInt32LE(at + 4);
  }
  return {
    platform: 'darwin',
    arch: MACH_O_PROCESSORS[processor] ?? `Mach-O processor ${processor}`,
    minimumSystem:
      minimumSystem === undefined
        ? undefined
        : `${minimumSystem >>> 16}.${(minimumSystem >>> 8) & 255}`,
  };
}

function readPe(bytes) {
  const at = bytes.readUInt32LE(60);
  if (bytes.readUInt32LE(at) !== 0x4550) throw new Error('a DOS program without a PE header');
  const machine = bytes.readUInt16LE(at + 4);
  return { platform: 'win32', arch: PE_MACHINES[machine] ?? `PE machine ${machine}` };
}
