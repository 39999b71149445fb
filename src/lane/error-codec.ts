export function encodeError(error: unknown): unknown {
  return error;
}
export function decodeError(data: unknown): unknown {
  return data;
}
