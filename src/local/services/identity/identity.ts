/** The one user of the workspace. */
export interface Identity {
  id: string;
  userName: string;
  displayName: string;
}

export const ME: Identity = {
  id: "1000000001",
  userName: "local-user@example.com",
  displayName: "Local user",
};
