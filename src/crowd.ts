/**
 * Who comes and goes with every request. In V8 a Set or a Map leaves its former tables behind as it changes, each of which
 * refers to the next: once one of them has grown old, whatever was in the later ones outlives the collections of young
 * garbage, and so does all that it refers to.
 */
export class Crowd<Member extends object> implements Iterable<Member> {
  readonly #members: (Member | undefined)[] = [];
  readonly #free: number[] = [];

  get size(): number {
    return this.#members.length - this.#free.length;
  }

  /** Answers the member's place, for `remove`. */
  add(member: Member): number {
    const place = this.#free.pop() ?? this.#members.length;
    this.#members[place] = member;
    return place;
  }

  /** Tells whether the member was still there. */
  remove(member: Member, place: number): boolean {
    if (this.#members[place] !== member) return false;
    this.#members[place] = undefined;
    this.#free.push(place);
    return true;
  }

  *[Symbol.iterator](): IterableIterator<Member> {
    for (const member of this.#members) if (member) yield member;
  }
}
