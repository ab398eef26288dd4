"""Carries sagas out: one actor a saga, many sagas an executor, one executor a process."""
