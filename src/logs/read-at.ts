// Reads a part of an open file.
import type { FileHandle } from "node:fs/promises";

/** The bytes from an offset on, fewer where the file ends. Rejects with the system's error. */
export async function readAt(file: FileHandle, fromByte: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, fromByte);
  return buffer.subarray(0, bytesRead);
}
