import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { packedPackages } from "./packed";

/** A registry of the packed packages alone, so that package managers find them as they would once published. */
export interface PackageRegistry {
  /** With a slash at its end. */
  readonly url: string;
  /** Address of a tarball, for a package whose name has no scope that could be given a registry. */
  readonly tarball: (name: string) => string;
  readonly close: () => void;
}

export async function startRegistry(): Promise<PackageRegistry> {
  const packages = await packedPackages();
  const server: Server = createServer(({ url: path = "" }, response) => {
    const file = packages.find(({ tarball }) => path === `/-/${basename(tarball)}`);
    if (file !== undefined) {
      response.end(readFileSync(file.tarball));
      return;
    }
    const name = decodeURIComponent(path.slice(1));
    const found = packages.find((each) => each.name === name);
    response.setHeader("content-type", "application/json");
    if (found === undefined) response.statusCode = 404;
    response.end(JSON.stringify(found === undefined ? {} : document(found)));
  });
  const document = ({ name, version, folder, tarball }: (typeof packages)[number]): object => ({
    name,
    "dist-tags": { latest: version },
    // Long ago, for package managers that wait until a version has been out for some days.
    time: { [version]: "2020-01-01T00:00:00.000Z" },
    versions: {
      [version]: {
        ...(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as object),
        dist: {
          tarball: address(tarball),
          integrity: `sha512-${createHash("sha512").update(readFileSync(tarball)).digest("base64")}`,
        },
      },
    },
  });
  const address = (tarball: string): string => `${url}-/${basename(tarball)}`;
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return {
    url,
    tarball: (name) => address(packages.find((each) => each.name === name)?.tarball ?? name),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
