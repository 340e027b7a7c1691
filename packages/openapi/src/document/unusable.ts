/** Why a part of a document cannot be used; what it belongs to is skipped with this reason. */
export class Unusable extends Error {
  override readonly name = "Unusable";
}
