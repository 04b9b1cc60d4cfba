import { connect } from "node:http2";
import type { ClientHttp2Session, Http2Server, IncomingHttpHeaders } from "node:http2";
import type { AddressInfo } from "node:net";
import { UnknownCall, grpcServer } from "../../../src/local/provider/grpc";

let server: Http2Server;
let client: ClientHttp2Session;
let connections = 0;

beforeAll(async () => {
  server = grpcServer({
    openStreams: ["/plugin.GRPCStdio/StreamStdio"],
    onConnection: () => {
      const connection = ++connections;
      return (path, request) => {
        if (path === "/test/Fail") return Promise.reject(new Error("100 % größer"));
        if (path !== "/test/Echo") return Promise.reject(new UnknownCall(`no call ${path}`));
        return Promise.resolve(Buffer.concat([Buffer.of(connection), request]));
      };
    },
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

afterAll(() => {
  client.destroy();
  server.close();
});

/** Sends raw bytes; resolves with headers and trailers together, and the body. */
function call(
  path: string,
  bytes: Buffer,
  session = client,
): Promise<{ headers: IncomingHttpHeaders; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ":method": "POST",
      ":path": path,
      "content-type": "application/grpc",
      te: "trailers",
    });
    let headers: IncomingHttpHeaders = {};
    const chunks: Buffer[] = [];
    stream.on("response", (sent) => (headers = { ...headers, ...sent }));
    stream.on("trailers", (sent) => (headers = { ...headers, ...sent }));
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", reject);
    stream.on("end", () => {
      resolve({ headers, body: Buffer.concat(chunks) });
    });
    stream.end(bytes);
  });
}

function message(content: Buffer, compressed = 0): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = compressed;
  prefix.writeUInt32BE(content.length, 1);
  return Buffer.concat([prefix, content]);
}

describe("a gRPC server", () => {
  it("answers a call with one message and status 0", async () => {
    const { headers, body } = await call("/test/Echo", message(Buffer.from("plan")));
    expect(headers).toMatchObject({ ":status": 200, "grpc-status": "0" });
    expect(body).toEqual(message(Buffer.from("\u0001plan")));
  });

  it("carries a message of several megabytes", async () => {
    const state = Buffer.alloc(20_000_000, "state");
    const { body } = await call("/test/Echo", message(state));
    expect(body.subarray(6).equals(state)).toBe(true);
  });

  it("gives every connection a state of its own", async () => {
    const another = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const { body } = await call("/test/Echo", message(Buffer.alloc(0)), another);
    another.destroy();
    expect(body[5]).toBe(2);
  });

  it("answers UNIMPLEMENTED for a call that it does not have", async () => {
    const { headers, body } = await call("/test/ListResource", message(Buffer.alloc(0)));
    expect(headers).toMatchObject({ "grpc-status": "12" });
    expect(body).toHaveLength(0);
  });

  it("answers INTERNAL with an encoded message where the call fails", async () => {
    const { headers } = await call("/test/Fail", message(Buffer.alloc(0)));
    expect(headers["grpc-status"]).toBe("13");
    expect(decodeURIComponent(String(headers["grpc-message"]))).toBe("100 % größer");
  });

  it.each([
    ["an empty request", Buffer.alloc(0), "not one whole message"],
    ["half a message", message(Buffer.from("plan")).subarray(0, 7), "not one whole message"],
    ["a compressed message", message(Buffer.from("plan"), 1), "compressed"],
  ])("refuses %s", async (_, bytes, problem) => {
    const { headers } = await call("/test/Echo", bytes);
    expect(headers["grpc-status"]).toBe("13");
    expect(decodeURIComponent(String(headers["grpc-message"]))).toContain(problem);
  });

  it("keeps an open stream open until the connection ends", async () => {
    const another = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const stream = another.request({ ":method": "POST", ":path": "/plugin.GRPCStdio/StreamStdio" });
    const status = await new Promise((resolve) => {
      stream.on("response", (headers) => {
        resolve(headers[":status"]);
      });
    });
    // A call that comes later is answered while the stream is open.
    await call("/test/Echo", message(Buffer.alloc(0)), another);
    expect(status).toBe(200);
    expect(stream.readableEnded).toBe(false);
    const closed = new Promise((resolve) => stream.on("close", resolve));
    stream.on("error", () => undefined);
    another.destroy();
    await closed;
  });
});
