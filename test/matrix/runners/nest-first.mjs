// What the library requires of Nest.
import '@nestjs/cache-manager';
import '@nestjs/common';
import '@nestjs/core';
import '@nestjs/typeorm';
