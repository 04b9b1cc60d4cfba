import { terraformMessage } from "../../src/run/terraform-message";

describe("terraformMessage", () => {
  it("is the error, without what Terraform prints before it", () => {
    const stderr = `╷
│ Warning: Unable to open CLI configuration file
│
│ The CLI configuration file at "./none.terraformrc" does not exist.
╵
╷
│ Error: Failed to load state
│
│   on state.tf line 1:
╵
`;
    expect(terraformMessage(stderr)).toBe("Error: Failed to load state on state.tf line 1:");
  });

  it("is the whole text if no error is marked", () => {
    expect(terraformMessage("spawn terraform ENOENT\n\u001b[31m")).toBe(
      "spawn terraform ENOENT \\u001b[31m",
    );
  });
});
