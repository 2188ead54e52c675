// TCP addresses as a `ready` condition names them.
import { invalidParams } from "./errors.js";

export interface TcpAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * The address in "127.0.0.1:8080", "[::1]:8080", "8080" or 8080; without a host it is this machine.
 * @throws HearthError `invalid-params` when it is none.
 */
export function parseTcpAddress(address: string | number): TcpAddress {
  const [, bracketed, plain, digits] =
    /^(?:(?:\[([0-9a-f:.]+)\]|([^:[\]\s]+)):)?(\d{1,5})$/i.exec(String(address)) ?? [];
  const port = Number(digits);
  if (!(port >= 1 && port <= 65_535))
    throw invalidParams(`"${address}" is not a TCP address: write it like "127.0.0.1:8080"`);
  return { host: bracketed ?? plain ?? "127.0.0.1", port };
}
