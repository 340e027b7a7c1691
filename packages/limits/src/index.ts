export {
  createRateLimiter,
  type Rate,
  type RateLimiter,
  type RateLimiterOptions,
  type Taken,
} from "./rate/rate-limiter.ts";
export { Concurrency, type ConcurrencyOptions } from "./concurrency.ts";
export { CircuitBreaker, type CircuitOutcome, type CircuitPass } from "./circuit-breaker.ts";
export { limitMigrations } from "./migrations.ts";
