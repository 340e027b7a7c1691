import { expect, test } from "vitest";
import { generateWebhookSecret, signatureHeaders } from "./signature.ts";

// The example of the Standard Webhooks specification, and of its reference libraries.
test("it signs as Standard Webhooks says", () => {
  const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const told = { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1614265330, body: '{"test": 2432232314}' };
  expect(signatureHeaders(told, [secret])).toEqual({
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  });
  expect(signatureHeaders(told, [generateWebhookSecret(), secret])["webhook-signature"]).toMatch(
    /^v1,\S{44} v1,g0hM9SsE\+OTPJTGt\/tmIKtSyZlE3uFJELVlNIOLJ1OE=$/,
  );
});

test("a secret is 32 bytes of its own", () => {
  const [one, other] = [generateWebhookSecret(), generateWebhookSecret()];
  expect(one).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(one).not.toBe(other);
});
