//! What every module is written against: Module, Ctx, View, Fault, Code, Event, Invariant, Gas.
