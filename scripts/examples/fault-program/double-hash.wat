;; A fault program: who signed a wrong answer is guilty of class 1.
;;
;; The service: a task's payload is the SHA-256 of some input; the answer is the SHA-256 of that hash, 32 bytes.
;; Whoever accuses adds nothing: the payload's hash stands in the context, and all that is to be redone is one hash.
;;
;; part 0   the context: chain hash (32 bytes), service (4), task (8), payload hash (32), epoch (8), chain time (8),
;;          height (8), seed (32)
;; part 1   what the accuser adds: must be empty, so that there is one proof of a fault and not many
;; part 2   the answer that the accused signed
(module
  (import "palisade" "size" (func $size (param i32) (result i32)))
  (import "palisade" "read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "palisade" "sha256" (func $sha256 (param i32 i32 i32)))
  (memory (export "memory") 1)
  (func (export "fault") (result i32)
    ;; Without a context of 132 bytes this is not the chain that the program was written for.
    (if (i32.ne (call $size (i32.const 0)) (i32.const 132)) (then (unreachable)))
    (if (call $size (i32.const 1)) (then (return (i32.const -1))))
    ;; An answer of another length is none.
    (if (i32.ne (call $size (i32.const 2)) (i32.const 32)) (then (return (i32.const 1))))
    ;; 0: the payload's hash. 32: what is right. 64: what was said.
    (drop (call $read (i32.const 0) (i32.const 44) (i32.const 0) (i32.const 32)))
    (call $sha256 (i32.const 0) (i32.const 32) (i32.const 32))
    (drop (call $read (i32.const 2) (i32.const 0) (i32.const 64) (i32.const 32)))
    (if (i32.and
          (i32.and
            (i64.eq (i64.load (i32.const 32)) (i64.load (i32.const 64)))
            (i64.eq (i64.load (i32.const 40)) (i64.load (i32.const 72))))
          (i32.and
            (i64.eq (i64.load (i32.const 48)) (i64.load (i32.const 80)))
            (i64.eq (i64.load (i32.const 56)) (i64.load (i32.const 88)))))
      (then (return (i32.const -1))))
    (i32.const 1)))
