import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
// eslint-disable-next-line @typescript-eslint/no-require-imports -- what it exports is the class
import Database = require("libsql");
import { Sql } from "../../src/local/store/sql";

test("a full disk is reported as such, and nothing of the change is kept", () => {
  const folder = mkdtempSync(join(tmpdir(), "jobstrata-sql-"));
  const database = new Database(join(folder, "full.db"));
  try {
    database.exec("CREATE TABLE texts (text TEXT)");
    const sql = new Sql(database);
    // SQLite counts pages as it does the disk's: it gives the same error, and rolls back by itself.
    database.exec("PRAGMA max_page_count = 10");
    expect(() => {
      sql.atomically(() => {
        for (let count = 0; count < 100; count++)
          sql.run("INSERT INTO texts VALUES (?)", "x".repeat(4000));
      });
    }).toThrow(/database or disk is full/);
    expect(sql.rows("SELECT * FROM texts")).toEqual([]);
    sql.atomically(() => sql.run("INSERT INTO texts VALUES (?)", "small"));
    expect(sql.rows("SELECT text FROM texts")).toEqual([{ text: "small" }]);
  } finally {
    database.close();
    rmSync(folder, { recursive: true });
  }
});
