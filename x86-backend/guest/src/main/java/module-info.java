/** What the rest of Stele needs from a guest instruction set. */
module stele.guest {
    requires transitive stele.ir;

    exports io.stele.guest;
}
