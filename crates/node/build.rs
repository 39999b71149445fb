//! Passes the linker flags a Node-API addon needs on each system.

fn main() {
    napi_build::setup();
}
