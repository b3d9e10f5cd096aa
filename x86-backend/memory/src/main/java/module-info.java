/** Loads and stores at host addresses. */
module stele.memory {
    exports io.stele.memory;
}
