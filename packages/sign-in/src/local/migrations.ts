import type { MigrationSet } from "@castellan/database";

/** What accounts of the house are proved with. */
export const localMigrations: MigrationSet = [
  {
    id: "sign-in.0001-local",
    sql: `
      -- A password is half of a proof: it is kept, changed and removed together with what makes the codes.
      create table passwords (
        user_id     text collate "C" primary key references users on delete cascade,
        -- PHC string of scrypt.
        hash        text not null,
        sealed_totp bytea not null,
        -- The step of the last code that was used: no code is good twice.
        totp_step   bigint not null,
        changed_at  timestamptz not null
      );

      create table passkeys (
        id            text collate "C" primary key,
        user_id       text collate "C" not null references users on delete cascade,
        -- What the device calls the person: one for all passkeys of a person.
        user_handle   text not null,
        credential_id bytea not null unique,
        public_key    bytea not null,
        counter       bigint not null,
        transports    text[] not null,
        -- Whether it is kept in several places, by whoever keeps the person's passkeys.
        is_synced     boolean not null,
        name          text not null,
        created_at    timestamptz not null,
        last_used_at  timestamptz
      );
      create index passkeys_user on passkeys (user_id);

      create table invitations (
        id         text collate "C" primary key,
        -- SHA-256 of the link's secret.
        hash       bytea not null unique,
        -- Null: whoever finishes it becomes the first owner.
        user_id    text collate "C" references users on delete cascade,
        -- Theirs when it was made: who may make a link for a member may not make one for an owner.
        role       text not null,
        created_at timestamptz not null,
        created_by text not null,
        -- Null: good until it is used.
        expires_at timestamptz,
        used_at    timestamptz,
        -- Replaced by a newer one, or taken back.
        ended_at   timestamptz
      );
      create unique index invitations_living on invitations (user_id) where used_at is null and ended_at is null;
      create unique index invitations_first_owner on invitations ((user_id is null))
        where user_id is null and used_at is null and ended_at is null;

      -- Failed attempts, by the MAC of what was tried: an account, or an account from one browser.
      create table sign_in_attempts (
        key      bytea primary key,
        failures integer not null,
        tried_at timestamptz not null,
        free_at  timestamptz not null
      );
      create index sign_in_attempts_age on sign_in_attempts (tried_at);

      -- Challenges that a passkey has answered, as long as they would still be good.
      create table spent_challenges (
        hash       bytea primary key,
        expires_at timestamptz not null
      );
      create index spent_challenges_expiry on spent_challenges (expires_at);
    `,
  },
];
